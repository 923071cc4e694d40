package operation

import (
	"maps"
	"strconv"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file counts what a migration did, and writes and reads its cursor: canonical JSON, the same in every language, read strictly.

// Counts says how many items were read, and what became of them.
type Counts struct {
	Read, Written, Present, Different, Skipped, Failed int
	// Reasons counts why items were different or failed: by the code of the error, or Transform.
	Reasons map[string]int
}

// numbers has the numbers by their names in a cursor.
func (c *Counts) numbers() map[string]*int {
	return map[string]*int{"read": &c.Read, "written": &c.Written, "present": &c.Present, "different": &c.Different, "skipped": &c.Skipped, "failed": &c.Failed}
}

// Add adds other numbers.
func (c *Counts) Add(o Counts) {
	more := o.numbers()
	for name, n := range c.numbers() {
		*n += *more[name]
	}
	for name, n := range o.Reasons {
		c.Because(name, n)
	}
}

// Because counts a reason.
func (c *Counts) Because(reason string, n int) {
	if c.Reasons == nil {
		c.Reasons = map[string]int{}
	}
	c.Reasons[reason] += n
}

// Clone gives numbers that do not change.
func (c *Counts) Clone() Counts {
	out := *c
	out.Reasons = map[string]int{}
	maps.Copy(out.Reasons, c.Reasons)
	return out
}

// SegmentPlace is where a phase is in a segment: at a cursor, or done.
type SegmentPlace struct {
	Counts
	At   string
	Done bool
}

// Phase is one of the two that a migration has: a part of its cursor.
type Phase string

// The phases.
const (
	PhaseBackup Phase = "backup"
	PhaseCopy   Phase = "copy"
)

// MigrationCursor is where a migration is.
type MigrationCursor struct {
	Segments int
	// Places has those of the segments that were begun, by phase and number.
	Places map[Phase]map[int]*SegmentPlace
}

// NewMigrationCursor is the beginning.
func NewMigrationCursor(segments int) *MigrationCursor {
	return &MigrationCursor{segments, map[Phase]map[int]*SegmentPlace{PhaseBackup: {}, PhaseCopy: {}}}
}

// Text gives the cursor's text.
func (c *MigrationCursor) Text() string {
	tree := object{"v": canon.Number("1"), "segments": count(c.Segments)}
	for phase, places := range c.Places {
		list := object{}
		for number, p := range places {
			list[strconv.Itoa(number)] = p.tree()
		}
		if len(list) > 0 {
			tree[string(phase)] = list
		}
	}
	out, _ := canon.AppendJSON(nil, tree) // all text in it is the library's
	return string(out)
}

func count(n int) canon.Number { return canon.Number(strconv.Itoa(n)) }

func (p *SegmentPlace) tree() object {
	out := object{}
	for name, n := range p.numbers() {
		if *n != 0 {
			out[name] = count(*n)
		}
	}
	reasons := object{}
	for name, n := range p.Reasons {
		reasons[name] = count(n)
	}
	if len(reasons) > 0 {
		out["reasons"] = reasons
	}
	if p.Done {
		out["done"] = true
	} else {
		out["at"] = p.At
	}
	return out
}

// ParseMigrationCursor reads a cursor's text. What the library would not have written so is InvalidCursor.
func ParseMigrationCursor(text string) (*MigrationCursor, error) {
	parsed, err := canon.ParseExact(text)
	tree, ok := parsed.(object)
	if err != nil || !ok {
		return nil, badCursor("the cursor cannot be read")
	}
	total := whole(tree["segments"])
	if total < 1 || total > schema.ScanSegmentsMax {
		return nil, badCursor("the cursor has no number of segments")
	}
	c := NewMigrationCursor(total)
	for phase, places := range c.Places {
		list, _ := tree[string(phase)].(object) // what is none comes out where the text is compared
		for number, v := range list {
			n, err := strconv.Atoi(number)
			p, ok := placeIn(v)
			if err != nil || n < 0 || n >= total || !ok {
				return nil, badCursor("a segment of the cursor is none")
			}
			places[n] = p
		}
	}
	if c.Text() != text {
		return nil, badCursor("the cursor is spelled otherwise than this library does")
	}
	return c, nil
}

// placeIn reads a place; what it leaves unread comes out where the text is compared.
func placeIn(v any) (*SegmentPlace, bool) {
	members, ok := v.(object)
	p := &SegmentPlace{Counts: Counts{Reasons: map[string]int{}}}
	for name, n := range p.numbers() {
		if x, there := members[name]; there {
			*n = whole(x)
			ok = ok && *n > 0
		}
	}
	reasons, _ := members["reasons"].(object)
	for name, x := range reasons {
		p.Reasons[name] = whole(x)
		ok = ok && p.Reasons[name] > 0
	}
	p.Done = members["done"] == true
	at, there := members["at"].(string)
	p.At = at
	return p, ok && there != p.Done
}
