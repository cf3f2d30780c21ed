// A station of ocpp-rpc in its strict mode: it says what it is told on its input, a line each, and reports what it hears.

import { createRequire } from "node:module"
import { createInterface } from "node:readline"

const require = createRequire(`${process.argv[2]}/`)
const { RPCClient, createRPCError, createValidator } = require("ocpp-rpc")
const { answers, ...options } = JSON.parse(process.argv[3])
const report = (what) => process.stdout.write(`${JSON.stringify(what)}\n`)

// It has the schemas of 2.1, and looks for them under names that are not theirs.
const named = (id) => id.replace(/Request$/, ".req").replace(/Response$/, ".conf")
const schemas = require("ocpp-rpc/lib/schemas/ocpp2_1.json").map((schema) => ({ ...schema, $id: named(schema.$id) }))

const station = new RPCClient({
  strictMode: true,
  strictModeValidators: [createValidator("ocpp2.1", schemas)],
  backoff: { initialDelay: 10, maxDelay: 100 },
  ...options,
})
station.handle(({ method, params }) => {
  report({ asked: [method, params] })
  if (!(method in answers)) throw createRPCError("NotImplemented")
  return answers[method]
})
station.on("open", () => report({ line: "open" }))
station.on("disconnect", () => report({ line: "cut" }))
// What it would not have from us: no message at all, or none that the official schema of its action allows.
station.on("badMessage", ({ error }) => report({ unfit: String(error) }))
station.on("strictValidationFailure", ({ method, error, outbound }) => outbound || report({ unfit: `${method}: ${error}` }))

for await (const line of createInterface({ input: process.stdin })) {
  const { number, action, words } = JSON.parse(line)
  const said = action === "connect" ? station.connect().then(() => station.protocol) : station.call(action, words)
  said.then(
    (heard) => report({ number, heard }),
    (error) => report({ number, failed: String(error.code ?? error.rpcErrorCode ?? error.message) }),
  )
}
await station.close()
