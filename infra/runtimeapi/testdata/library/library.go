// Package library has no main.
package library

// Answer is the answer.
const Answer = 42
