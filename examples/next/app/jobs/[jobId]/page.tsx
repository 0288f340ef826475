/** A run at its address: as it is at this moment, and live from there on. */
import { forms } from "@simstream/example-simulations"
import type { Metadata } from "next"
import { notFound } from "next/navigation"
import { connection } from "next/server"
import { Run } from "../../../page/Run.tsx"
import { findJob } from "../../../server/findJob.ts"

interface Props {
  readonly params: Promise<{ readonly jobId: string }>
}

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => {
  const job = await findJob((await params).jobId)
  const title = Object.entries(forms).find(([name]) => name === job?.simulation)?.[1].title
  return title === undefined ? {} : { title: `${title} · Simstream` }
}

export default async function JobPage({ params }: Props) {
  // Without this Next would keep the page as it was for whoever came first
  await connection()
  const { jobId } = await params
  const snapshot = await findJob(jobId)
  if (snapshot === null) notFound()
  // Another run is another page: nothing of this one's choices carries over
  return <Run key={jobId} snapshot={snapshot} />
}
