/** The frame of every page: the header, the form and the recent runs beside whatever the address names. */
import type { ReactNode } from "react"
import { Header } from "./Header.tsx"

/** What an address shows; on a phone only "home" has the form. */
export type PageKind = "home" | "job" | "nowhere"

interface Props {
  readonly page: PageKind
  readonly form: ReactNode
  readonly recent: ReactNode
  readonly children: ReactNode
}

export const Shell = ({ page, form, recent, children }: Props) => (
  <>
    <Header withNewRun={page !== "home"} />
    <div className="layout" data-page={page}>
      <main className="main">{children}</main>
      <aside className="aside-form" aria-label="New run">
        {form}
      </aside>
      <aside className="aside-recent" aria-label="Recent runs">
        {recent}
      </aside>
    </div>
  </>
)
