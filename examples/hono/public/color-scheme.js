// Runs before anything is painted, so that a dark page doesn't flash white. Mantine reads the same key and attribute.
{
  const stored = localStorage.getItem("mantine-color-scheme-value")
  const dark = matchMedia("(prefers-color-scheme: dark)").matches
  const scheme = stored === "light" || stored === "dark" ? stored : dark ? "dark" : "light"
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme)
}
