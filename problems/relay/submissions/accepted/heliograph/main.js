// Same idea with as few flashes as the number needs.
const [mode, , ...lines] = require("fs").readFileSync(0, "utf8").trim().split("\n");

function encode(line) {
  const bits = Number(line).toString(2);
  return "o" + bits.replace(/0/g, ".").replace(/1/g, "o") + ".";
}

function decode(line) {
  const flashes = line[0] === "." ? [...line].reverse().join("") : line;
  const bits = flashes.slice(1, -1).replace(/\./g, "0").replace(/o/g, "1");
  return String(parseInt(bits, 2));
}

console.log(lines.map(mode === "send" ? encode : decode).join("\n"));
