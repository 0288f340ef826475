// node:http
import { createServer } from "node:http"
import { createApp, toNodeHandler } from "../.build/app.mjs"
import { listen } from "./listen.mjs"

const app = createApp()
listen(app, createServer(toNodeHandler(app.fetch)))
