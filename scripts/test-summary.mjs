// Prints "N passed, N failed" from Vitest's JSON report, and before it the tests that passed only when tried again.
// Usage: node scripts/test-summary.mjs <report> <exit code of npm test>
import { existsSync, readFileSync } from "node:fs"

const [reportPath, exitCode] = process.argv.slice(2)

const counts = () => {
  if (!existsSync(reportPath)) {
    console.log("The tests were not reached: a step before them failed.")
    return { passed: 0, failed: 0 }
  }
  const report = JSON.parse(readFileSync(reportPath, "utf8"))
  for (const { name, assertionResults } of report.testResults) {
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status !== "passed" || failureMessages.length === 0) continue
      console.log(`UNSTABLE: ${name}: ${fullName}\n  ${failureMessages.join("\n  ")}`)
    }
  }
  // A file that could not be loaded has failed without any test of its own having done so
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
  }
}

const { passed, failed } = counts()
// A run that failed in any other way (lint, an unhandled error) counts as one failure
console.log(`${passed} passed, ${failed === 0 && exitCode !== "0" ? 1 : failed} failed`)
