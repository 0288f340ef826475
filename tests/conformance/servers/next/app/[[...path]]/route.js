// Next's route handler. The app is imported when the server runs, so that a build of this page stays good.
const app = globalThis.app ??= import(/* turbopackIgnore: true */ process.env.APP).then(({ createApp }) => {
  const created = createApp()
  process.on("unhandledRejection", created.note)
  return created
})

const handle = async (request) => (await app).fetch(request)

export const dynamic = "force-dynamic"
export { handle as DELETE, handle as GET, handle as POST, handle as PUT }
