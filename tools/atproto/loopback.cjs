// Keeps whatever this process serves on this machine: the servers below listen on every interface by themselves.
'use strict'
const net = require('node:net')

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  const [first, ...rest] = args
  if (typeof first === 'object' && first !== null && first.path === undefined) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
  }
  const done = args.find((arg) => typeof arg === 'function')
  if (first === undefined || typeof first === 'function' || typeof first === 'number' || /^\d+$/.test(first)) {
    return listen.call(this, { port: typeof first === 'function' ? 0 : Number(first ?? 0), host: '127.0.0.1' }, done)
  }
  return listen.apply(this, args) // a socket file
}
