/** An element of index.html, by its id. The page can't do without any of them. */
export const byId = <Element extends HTMLElement>(id: string, kind: new () => Element): Element => {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} with the id ${id}.`)
  return found
}

/** Writes a text; one that is there already is left alone, for a screen reader may be about to read it. */
export const setText = (element: HTMLElement, text: string): void => {
  if (element.textContent !== text) element.textContent = text
}
