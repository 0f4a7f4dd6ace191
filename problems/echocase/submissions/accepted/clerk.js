// Accepted: the same with an expression that also takes a last shout without an end.
const text = require("fs").readFileSync(0, "latin1");
process.stdout.write(text.replace(/\*([^*]*)\*?/g, (_, shout) => shout.toUpperCase()));
