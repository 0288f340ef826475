import { once } from "node:events"
import { createServer } from "node:net"

/** A port that nobody listens on. */
export const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const address = probe.address()
  if (address === null || typeof address === "string") throw new Error("There is no free port.")
  probe.close()
  await once(probe, "close")
  return address.port
}
