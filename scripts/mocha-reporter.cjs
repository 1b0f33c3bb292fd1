// Prints as mocha's spec reporter does and writes the counts as JSON to the file of the option `output`.
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountingSpec extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      writeFileSync(options.reporterOptions.output, JSON.stringify({ stats: this.stats }));
    });
  }
};
