// Loads crates as they come, as long as they fit.
const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
let [, load] = lines[0].split(" ").map(Number);
const cart = [];
lines.slice(1).forEach((line, i) => {
  const weight = Number(line.split(" ")[0]);
  if (weight <= load) {
    load -= weight;
    cart.push(i + 1);
  }
});
console.log(`${cart.length}\n${cart.join(" ")}`);
