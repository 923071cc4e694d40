package codec

import (
	"bytes"
	"fmt"

	"github.com/dynamorm/dynamorm/dynamorm/internal/limits"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// rule judges a written value.
type rule func(value []byte) error

// isEmpty tells the written values that omit_empty leaves out.
func isEmpty(a *schema.Attribute, value []byte) bool {
	switch string(value) {
	case `{"S":""}`, `{"N":"0"}`, `{"B":""}`, `{"BOOL":false}`, `{"L":[]}`, `{"M":{}}`:
		return true
	case `{"S":"false"}`:
		return a.JSON || a.Format == schema.BoolString
	case `{"S":"\"\""}`, `{"S":"0"}`, `{"S":"[]"}`, `{"S":"{}"}`:
		return a.JSON
	case `{"S":"0001-01-01T00:00:00.000000Z"}`, `{"S":"0001-01-01T00:00:00.000000000Z"}`:
		return a.Format == schema.Timestamp || a.Format == schema.RFC3339Nano
	case `{"N":"-62135596800"}`: // Go's zero time in seconds
		return a.Format == schema.UnixSeconds
	case `{"N":"-62135596800000"}`:
		return a.Format == schema.UnixMillis
	}
	return false
}

// keyRule holds a key to DynamoDB's rules: not empty, and not longer than its kind of key may be.
func keyRule(most int) rule {
	return func(value []byte) error {
		if string(value) == `{"S":""}` || string(value) == `{"B":""}` {
			return invalid("a key cannot be empty")
		}
		if len(value) <= most || bytes.HasPrefix(value, []byte(openN)) {
			return nil // the wire form is never shorter than the value
		}
		n, err := valueSize(newScanner(value))
		if err != nil {
			return err
		}
		if n > most {
			return invalid(fmt.Sprintf("the key has more than %d bytes", most))
		}
		return nil
	}
}

var (
	partitionRule = keyRule(limits.PartitionKeyMaxBytes)
	sortRule      = keyRule(limits.SortKeyMaxBytes)
)

// ttlRule refuses instants before the epoch, which DynamoDB would never act on.
func ttlRule(value []byte) error {
	if bytes.HasPrefix(value, []byte(`{"N":"-`)) {
		return invalid("a time to live is not before 1970")
	}
	return nil
}

// rulesOf collects what holds for a top-level attribute: as a key, as the key of an index, as the time to live.
func rulesOf(m *schema.Model, a *schema.Attribute) []rule {
	var rules []rule
	asPartition, asSort := m.Partition.Attribute == a.Name, m.Sort != nil && m.Sort.Attribute == a.Name
	for _, x := range m.Indexes {
		asPartition = asPartition || x.Partition.Attribute == a.Name
		asSort = asSort || (x.Sort != nil && x.Sort.Attribute == a.Name)
	}
	if asPartition {
		rules = append(rules, partitionRule)
	}
	if asSort {
		rules = append(rules, sortRule)
	}
	if a.Has(schema.RoleTTL) {
		rules = append(rules, ttlRule)
	}
	return rules
}
