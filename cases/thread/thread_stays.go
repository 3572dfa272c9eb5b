package main

// threadsEnd says that a goroutine which ends while it is locked takes its thread along: not before Go 1.10
// (its release notes), where the thread serves others.
const threadsEnd = false
