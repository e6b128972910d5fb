/* Runs beside the page: SHA-256 of pictures that stay on the device. Old browsers included. */
"use strict";

var K = [], START = [];

(function () {
  var primes = [], n = 2, i;
  function fraction(x) { return ((x - Math.floor(x)) * 4294967296) | 0; }
  for (; primes.length < 64; n++) {
    for (i = 0; i < primes.length && n % primes[i]; i++) { /* a divisor is looked for */ }
    if (i === primes.length) { primes.push(n); }
  }
  for (i = 0; i < 64; i++) { K.push(fraction(Math.pow(primes[i], 1 / 3))); }
  for (i = 0; i < 8; i++) { START.push(fraction(Math.sqrt(primes[i]))); }
}());

var W = new Int32Array(64);

function block(state, bytes, at) {
  var a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (var i = 0; i < 64; i++, at += 4) {
    if (i < 16) {
      W[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
    } else {
      var x = W[i - 15], y = W[i - 2];
      W[i] = (W[i - 16] + W[i - 7] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3) +
        ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10)) | 0;
    }
    var t = (h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i]) | 0;
    var u = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c)) | 0;
    h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
  }
  var more = [a, b, c, d, e, f, g, h];
  for (i = 0; i < 8; i++) { state[i] = (state[i] + more[i]) | 0; }
}

function sha256(bytes) {
  var state = START.slice(), whole = bytes.length - bytes.length % 64, at;
  for (at = 0; at < whole; at += 64) { block(state, bytes, at); }
  var rest = bytes.length - whole, end = new Uint8Array(rest < 56 ? 64 : 128), bits = bytes.length * 8;
  for (at = 0; at < rest; at++) { end[at] = bytes[whole + at]; }
  end[rest] = 128;
  for (at = 1; at < 8; at++, bits = Math.floor(bits / 256)) { end[end.length - at] = bits % 256; }
  for (at = 0; at < end.length; at += 64) { block(state, end, at); }
  return state;
}

function hex(state) {
  return state.map(function (word) { return ("0000000" + (word >>> 0).toString(16)).slice(-8); }).join("");
}

self.onmessage = function (asked) {
  self.postMessage({ hash: hex(sha256(new Uint8Array(asked.data.picture))) });
};
