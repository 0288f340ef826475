// Listens on a free port and says which. What nobody catches is reported, and fails the suite.
export const reportUncaught = (app) => {
  process.on("unhandledRejection", (error) => app.note(error))
  process.on("uncaughtException", (error) => app.note(error))
}

export const listen = (app, server) => {
  reportUncaught(app)
  server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`))
}
