// Wrong answer: sorts by the number of demands against a witness, which the sample does not refute.
const [n, m, ...ends] = require("fs").readFileSync(0, "utf8").split(/\s+/).filter(Boolean).map(Number);
const waiting = new Array(n + 1).fill(0);
for (let i = 0; i < m; i++) waiting[ends[2 * i + 1]]++;
const order = [...waiting.keys()].slice(1).sort((a, b) => waiting[a] - waiting[b]);
console.log(order.some((w) => waiting[w] === 0) ? order.join(" ") : "mistrial");
