// Runs the program in workerd, whenever it is asked.
import { run } from "../.build/client.mjs"

export default {
  fetch: async (request) => {
    const { searchParams } = new URL(request.url)
    return Response.json(await run(searchParams.get("url"), searchParams.get("control")))
  },
}
