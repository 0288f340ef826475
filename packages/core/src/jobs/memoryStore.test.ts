import { createMemoryStore } from "./memoryStore.ts"
import { testJobStore } from "./store.conformance.fixtures.ts"

testJobStore("a store in memory", {
  open: async () => ({ store: createMemoryStore(), close: async () => undefined }),
  leasesRunOut: false,
})
