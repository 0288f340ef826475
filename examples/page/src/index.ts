/** The parts of a page that shows simulations while they run. An app adds its server, its addresses and its client. */
export { PageProvider } from "./PageProvider.tsx"
export { jobPath, PageLink, type LinkComponent, type LinkProps } from "./links.tsx"
export type { RunOutputs, RunState, SimulationName } from "./outputs.ts"
export { explain, isJobGone, type Explanation } from "./problems.ts"

export { Boundary } from "./shell/Boundary.tsx"
export { Nowhere } from "./shell/Nowhere.tsx"
export { type PageKind, Shell } from "./shell/Shell.tsx"
export { Welcome } from "./shell/Welcome.tsx"

export { CatalogueFailed } from "./form/CatalogueFailed.tsx"
export {
  type Draft,
  draftOf,
  emptyDraft,
  type FieldValue,
  type FieldValues,
  type RunRequest,
  runRequestOf,
} from "./form/draft.ts"
export { RunForm, RunFormSkeleton } from "./form/RunForm.tsx"
export { StartFailed } from "./form/StartFailed.tsx"
export { type Start, useStart } from "./useStart.ts"
export { type RunOrigin, useRunRequest } from "./useRunRequest.ts"

export { JobPage } from "./job/JobPage.tsx"
export { RunGone } from "./job/Unavailable.tsx"
export { RunView } from "./job/RunView.tsx"

export { RecentRuns, type RecentRunsState } from "./recent/RecentRuns.tsx"
export { type RecentRunsList, useRecentRuns } from "./recent/useRecentRuns.ts"
