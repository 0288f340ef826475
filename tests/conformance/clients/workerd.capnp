using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    # Usually a worker may reach everything but the machine that it runs on
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "clients/worker.mjs", esModule = embed "worker.mjs"),
    (name = ".build/client.mjs", esModule = embed "../.build/client.mjs"),
  ],
  compatibilityDate = "2026-09-01",
  globalOutbound = "loopback",
);
