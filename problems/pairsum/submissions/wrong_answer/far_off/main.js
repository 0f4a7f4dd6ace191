// Right until p * i * i leaves the integers a double can hold: far down the river.
const [n, k, p, q, r, m] = require("fs").readFileSync(0, "utf8").trim().split(/\s+/).map(Number);
const seen = new Float64Array(k);
let pairs = 0;
for (let i = 1; i <= n; i++) {
  const rest = ((p * i * i + q * i + r) % m) % k;
  pairs += seen[(k - rest) % k];
  seen[rest]++;
}
console.log(String(pairs));
