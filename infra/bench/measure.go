package main

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// cpu gives the processor time this process has used, in all its threads.
func cpu() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// cold is read from end to end before every measurement, so that what is measured finds little in the caches near the
// processor.
var cold = make([]byte, 32<<20)

func evict() (sum byte) {
	for i := 0; i < len(cold); i += 64 {
		cold[i]++
		sum += cold[i]
	}
	return sum
}

// median measures do n times, less what measuring itself takes.
func median(n int, do func(i int)) time.Duration {
	return max(measure(n, do)-measure(n, func(int) {}), 0)
}

func measure(n int, do func(i int)) time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		evict()
		start := cpu()
		do(i)
		times[i] = cpu() - start
	}
	slices.Sort(times)
	return times[n/2]
}

// together puts a process and this one on one processor, so that evict empties the caches of both, or on any again.
func together(one bool, pid int) error {
	var cpus unix.CPUSet
	for i := range runtime.NumCPU() {
		if !one || i == 0 {
			cpus.Set(i)
		}
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	ids := []int{pid}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		// A thread may have ended since.
		if err := unix.SchedSetaffinity(id, &cpus); err != nil && err != unix.ESRCH {
			return err
		}
	}
	return nil
}
