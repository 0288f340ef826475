using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

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
