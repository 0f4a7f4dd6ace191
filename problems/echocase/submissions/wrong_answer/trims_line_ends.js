// Wrong answer from case 11 on: spaces at line ends are lost.
const text = require("fs").readFileSync(0, "latin1");
const heard = text.replace(/\*([^*]*)\*?/g, (_, shout) => shout.toUpperCase());
console.log(heard.trimEnd() === "" ? heard : heard.slice(0, -1).split("\n").map((line) => line.trimEnd()).join("\n"));
