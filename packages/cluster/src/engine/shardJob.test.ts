import { expect, it } from "vitest"
import { newShardData, queueOf, savedOf, savedUntil, shardId, workTopic } from "./shardJob.ts"

it("a shard's id is the same in every process, and can't be taken for a number or a key of the queue's", () => {
  expect(shardId("job_1", 64)).toBe("job_1.64")
  expect(shardId("1", 64)).not.toMatch(/^\d+$/)
})

it("each version of a simulation has a queue and a topic of its own", () => {
  expect(queueOf("dice", "2-ab")).toBe("dice@2-ab")
  // A name may have dots, which would divide a topic.
  expect(workTopic(queueOf("my.dice", "2"))).toMatch(/^work\.[0-9a-f]{16}$/)
  expect(workTopic(queueOf("dice", "2"))).not.toBe(workTopic(queueOf("dice", "3")))
})

it("a new shard has nothing", () => {
  const shard = { first: 128, until: 256, cuts: [192] }
  const data = newShardData("{}", shard)
  expect(savedOf(data)).toEqual([])
  expect(savedUntil(shard, savedOf(data))).toBe(128)
})
