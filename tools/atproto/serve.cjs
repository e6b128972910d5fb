// One real server of the AT Protocol for Jaga's tests, on 127.0.0.1 only.
//
//   node serve.cjs MODULES plc PORT                      the directory of identities, in memory
//   node serve.cjs MODULES did PLC-URL KEY-HEX ENDPOINT  registers Ozone's identity, prints it, and ends
//   node serve.cjs MODULES pds                           the accounts' server; settings are its own PDS_… variables
//   node serve.cjs MODULES ozone                         the moderation service; its own OZONE_… variables
//
// MODULES is the folder that `tools/bootstrap.py --atproto` filled. Says `ready` once it listens; SIGTERM ends it.
'use strict'
const path = require('node:path')
const { createRequire } = require('node:module')
require('./loopback.cjs')

const [modules, role, ...rest] = process.argv.slice(2)
const load = createRequire(path.join(path.resolve(modules), 'package.json'))

async function plc(port) {
  const { PlcServer, Database } = load('@did-plc/server')
  const server = PlcServer.create({ db: Database.mock(), port: Number(port) })
  await server.start()
  return [server]
}

async function did(plcUrl, keyHex, endpoint) {
  const { Secp256k1Keypair } = load('@atproto/crypto')
  const directory = load('@did-plc/lib')
  const key = await Secp256k1Keypair.import(keyHex)
  const operation = await directory.signOperation({
    type: 'plc_operation',
    alsoKnownAs: [],
    rotationKeys: [key.did()],
    verificationMethods: { atproto_label: key.did() },
    services: { atproto_labeler: { type: 'AtprotoLabeler', endpoint } },
    prev: null,
  }, key)
  const name = await directory.didForCreateOp(operation)
  await new directory.Client(plcUrl).sendOperation(name, operation)
  console.log(name)
}

async function pds() {
  const { PDS, envToCfg, envToSecrets, readEnv } = load('@atproto/pds')
  const env = readEnv()
  const server = await PDS.create(envToCfg(env), envToSecrets(env))
  await server.start()
  return [server]
}

async function ozone() {
  const { OzoneService, OzoneDaemon, Database, envToCfg, envToSecrets, readEnv } = load('@atproto/ozone')
  const env = readEnv()
  const config = envToCfg(env)
  const secrets = envToSecrets(env)
  const tables = new Database({ url: config.db.postgresUrl, schema: config.db.postgresSchema })
  await tables.migrateToLatestOrThrow()
  await tables.close()
  const service = await OzoneService.create(config, secrets)
  await service.start()
  const daemon = await OzoneDaemon.create(config, secrets) // repeats what could not be pushed to the accounts' server
  await daemon.start()
  return [daemon, service]
}

async function main() {
  const started = await { plc, did, pds, ozone }[role](...rest)
  if (started === undefined) return
  process.on('SIGTERM', async () => {
    setTimeout(() => process.exit(0), 3000).unref() // a request that hangs must not keep a test session waiting
    for (const server of started) await server.destroy()
    process.exit(0)
  })
  console.log('ready')
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
