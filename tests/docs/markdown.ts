// Links and headings of Markdown.

const withoutCode = (markdown: string): string =>
  markdown.replaceAll(/^( *)(`{3,}).*?^\1\2$/gms, "").replaceAll(/<!--.*?-->/gs, "")

/** Where this repository's files are on the web: what is published names them by that. */
const WEB =
  /^https:\/\/(?:github\.com\/simstream\/simstream\/(?:blob|tree)|raw\.githubusercontent\.com\/simstream\/simstream)\/main\//

/** The links and pictures that lead to a file of this repository, seen from its root when they begin with `/`, or to a heading. */
export const linksOf = (markdown: string): ReadonlyArray<string> =>
  [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link.replace(WEB, "/"))
    .filter((link) => !/^(https?:|mailto:)/.test(link))

/** The anchor that GitHub gives a heading, and the site with it. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-")

/** The anchors of all headings, and of elements that have an id. */
export const headingsOf = (markdown: string): ReadonlySet<string> => {
  const anchors = new Set<string>()
  const text = withoutCode(markdown)
  for (const [, heading = ""] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(heading)
    let unique = anchor
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`
    anchors.add(unique)
  }
  for (const [, id = ""] of text.matchAll(/<\w+ (?:id|name)="([^"]+)"/g)) anchors.add(id)
  return anchors
}
