/** What a hand-chunked pool of piscina runs. */
import { playByHand } from "./byHand.ts"

export default ({ first, until }: { readonly first: number; readonly until: number }) =>
  playByHand(first, until)
