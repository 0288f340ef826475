// Next's route handler. The app is imported when the first request comes, so that a build of this page stays good.
let app

const createApp = async () => {
  const created = (await import(/* turbopackIgnore: true */ process.env.APP)).createApp()
  process.on("unhandledRejection", created.note)
  return created
}

const handle = async (request) => {
  app ??= createApp()
  return (await app).fetch(request)
}

export const dynamic = "force-dynamic"
export { handle as DELETE, handle as GET, handle as POST, handle as PUT }
