// Accepted: driven by the replies as they come in.
const lines = require("readline").createInterface({ input: process.stdin });
let low = 1, high = 0, guess = 0;
lines.on("line", (line) => {
  if (high === 0) high = Number(line.split(" ")[0]);
  else if (line === "higher") low = guess + 1;
  else if (line === "lower") high = guess - 1;
  else process.exit(); // Closing the reader is not enough: the keeper holds the other end open.
  guess = Math.floor((low + high) / 2);
  console.log(guess);
});
