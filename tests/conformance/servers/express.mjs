// Express 5, behind its compressing middleware and its body parser.
import { createServer } from "node:http"
import compression from "compression"
import express from "express"
import { createApp, toNodeHandler } from "../.build/app.mjs"
import { listen } from "./listen.mjs"

const app = createApp()
const server = express()
server.use(compression({ threshold: 0 }))
server.use(express.json())
server.use("/api/simulations", toNodeHandler(app.handler))
server.use(toNodeHandler(app.fetch))
listen(app, createServer(server))
