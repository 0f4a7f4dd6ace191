// @EXPECTED_SCORE@: 30
// Partially accepted, 30 points: steps on broken steps, so nothing but group 2 comes out right.
const [n, k] = require("fs").readFileSync(0, "utf8").split(/\s+/).map(Number);
const MODULUS = 1000000007;
const counts = [1];
let window = 1;
for (let step = 1; step <= n; step++) {
  counts.push(window);
  window = (window + counts[step] - (step >= k ? counts[step - k] : 0) + MODULUS) % MODULUS;
}
console.log(counts[n]);
