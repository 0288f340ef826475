// A tab that can be put to sleep, as browsers do to tabs that nobody looks at.
//
// Playwright makes every page that it knows of believe that it is looked at, and such a page is never frozen. So this tab
// is opened behind Playwright's back, in the browser's own context, and spoken to in the protocol below it.
import type { Browser } from "playwright-core"

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Evaluated {
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: { readonly text: string }
}

export const openSleepyTab = async (browser: Browser, url: string) => {
  const session = await browser.newBrowserCDPSession()
  const { targetId } = await session.send("Target.createTarget", { url })
  const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: false })

  const asked = new Map<number, (answer: Answer) => void>()
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const answer: Answer = JSON.parse(message)
    if (answer.id !== undefined) asked.get(answer.id)?.(answer)
  })
  const send = async (method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const id = asked.size + 1
    const answered = new Promise<Answer>((resolve) => asked.set(id, resolve))
    await session.send("Target.sendMessageToTarget", {
      sessionId,
      message: JSON.stringify({ id, method, params }),
    })
    const { result, error } = await answered
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }

  return {
    /** The value of an expression in the tab; `undefined` for one that throws, as it may while the tab still loads. */
    evaluate: async (expression: string): Promise<unknown> => {
      const answer = (await send("Runtime.evaluate", { expression, returnByValue: true })) as Evaluated
      return answer.exceptionDetails === undefined ? answer.result.value : undefined
    },
    /** From here on no script of the tab runs, no timer fires, and what arrives is kept for it. */
    sleep: () => send("Page.setWebLifecycleState", { state: "frozen" }),
    wake: () => send("Page.setWebLifecycleState", { state: "active" }),
    close: () => session.send("Target.closeTarget", { targetId }),
  }
}
