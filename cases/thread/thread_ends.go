package main

// threadsEnd says that a goroutine which ends while it is locked takes its thread along.
const threadsEnd = true
