"use client"
/**
 * React hooks that follow a simulation job live.
 *
 * @packageDocumentation
 */
export {
  createSimulationHooks,
  SimulationProvider,
  useSimulation,
  useSimulationClient,
  useSimulationResult,
  useSimulationStream,
  type Simulation,
  type SimulationHooks,
  type SimulationProviderProps,
  type UseSimulationStream,
} from "./hooks.tsx"
export type { IdleJobState, JobActions, SettledJob, SimulationJob } from "./job.ts"
export type {
  FollowOptions,
  SelectOption,
  UseSimulationOptions,
  UseSimulationResultOptions,
  UseSimulationStreamOptions,
} from "./options.ts"
export { SimulationAnnouncer, type SimulationAnnouncerProps } from "./announcer.tsx"
export {
  describeProgress,
  getProgressProps,
  SimulationProgress,
  type ProgressOptions,
  type ProgressProps,
  type ProgressView,
  type SimulationProgressProps,
} from "./progress.tsx"
export type { RunControls } from "./useRun.ts"
// What of the protocol is in the signatures above, so that nobody has to install it for its types
export type { JobSnapshot, Outputs, PartialOutputs, Progress, Result } from "@simstream/protocol"
