// workerd. A request's timers and promises end with it, so jobs live in a Durable Object, as they have to on Cloudflare.
import { createApp } from "../.build/app.mjs"

export class Simulations {
  #app = createApp()

  fetch(request) {
    return this.#app.fetch(request)
  }
}

export default {
  fetch: (request, env) => env.SIMULATIONS.get(env.SIMULATIONS.idFromName("all")).fetch(request),
}
