/** What went wrong, in words for whoever uses the page. */
import {
  ConnectionFailed,
  JobFailed,
  ProtocolMismatch,
  RequestFailed,
  type ClientError,
} from "@simstream/client"
import { formatCount } from "./format.ts"

export interface Explanation {
  readonly title: string
  readonly text: string
}

const explainRefusal = ({ problem, status }: RequestFailed): Explanation => {
  switch (problem?.code) {
    case undefined:
      return {
        title: "The server gave an answer that this page can't read",
        text: `Something between this page and the server may be in the way (status ${status}).`,
      }
    case "job_not_found":
      return {
        title: "This run isn't here",
        text: "Runs are kept for an hour after their end, and only as long as the server is up.",
      }
    case "queue_full":
      return { title: "The server has its hands full", text: "Try again in a moment." }
    case "shutting_down":
      return { title: "The server is about to restart", text: "Try again in a minute." }
    default:
      return { title: problem?.title ?? "", text: problem?.detail ?? "" }
  }
}

/** An error of the client, or anything else that was thrown, in words. */
export const explain = (error: JobFailed | ClientError | Error): Explanation => {
  if (error instanceof RequestFailed) return explainRefusal(error)
  if (error instanceof JobFailed) return { title: "The run failed", text: error.message }
  if (error instanceof ConnectionFailed) {
    return {
      title: "The server can't be reached",
      text: "Check your connection. The run itself may well go on: this page will find it again.",
    }
  }
  if (error instanceof ProtocolMismatch) {
    return { title: "This page is out of date", text: "Reload it to get the version that the server speaks." }
  }
  return { title: "Something went wrong on this page", text: error.message }
}

/** "at most 10000000" → "at most 10,000,000" */
export const grouped = (text: string): string =>
  text.replace(/\d{5,}/g, (digits) => formatCount(Number(digits)))

/** Whether the server knows no such run, or no longer. */
export const isGone = (error: Error): boolean =>
  error instanceof RequestFailed && error.problem?.code === "job_not_found"
