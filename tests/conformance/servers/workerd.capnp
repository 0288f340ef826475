using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

# Without the flags a client that resets its connection is not seen to have gone (neither request.signal nor the body's
# cancel() is called), and goes with the write timeout. One that closes it is, at the next write: an event or a heartbeat.
const worker :Workerd.Worker = (
  modules = [
    (name = "servers/worker.mjs", esModule = embed "worker.mjs"),
    (name = ".build/app.mjs", esModule = embed "../.build/app.mjs"),
  ],
  compatibilityDate = "2026-09-01",
  compatibilityFlags = ["enable_request_signal", "request_signal_passthrough"],
  durableObjectNamespaces = [(className = "Simulations", uniqueKey = "simulations", preventEviction = true)],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "SIMULATIONS", durableObjectNamespace = "Simulations")],
);
