// Recursion on the fixed stack of the JavaScript engine: an uncaught RangeError on a long chain.
const [n, s, x1] = require("fs").readFileSync(0, "utf8").split(" ").map(Number);
const prime = 998244353;
const firstAnswer = new Int32Array(n + 1);
const nextAnswer = new Int32Array(n + 1);
let longest = 0;

for (let i = 2, x = x1; i <= n; i++) {
  x = (Math.imul(1664525, x) + 1013904223) >>> 0;
  const p = Math.max(1, i - 1 - ((x >>> 8) % s));
  nextAnswer[i] = firstAnswer[p];
  firstAnswer[p] = i;
}

function seal(v, depth) {
  longest = Math.max(longest, depth);
  let inside = 1;
  for (let a = firstAnswer[v]; a; a = nextAnswer[a]) inside += seal(a, depth + 1);
  return ((inside % prime) * v) % prime;
}

const w = seal(1, 1);
console.log(longest, w);
