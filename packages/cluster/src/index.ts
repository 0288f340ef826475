/**
 * Jobs that outlive the process, and batches that outgrow the machine.
 *
 * @packageDocumentation
 */
export {}
