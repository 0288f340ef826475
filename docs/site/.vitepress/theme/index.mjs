import DefaultTheme from "vitepress/theme"
import { h } from "vue"
import dark from "../../../screenshots/charts-1280-dark.png"
import light from "../../../screenshots/running-1280-light.png"
import "./style.css"

const picture = () => [
  h("img", { class: "hero-picture light-only", src: light, alt: "A simulation on its way" }),
  h("img", { class: "hero-picture dark-only", src: dark, alt: "The charts of a finished simulation" }),
]

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { "home-hero-image": picture }),
}
