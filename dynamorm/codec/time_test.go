package codec

import (
	"testing"
	"testing/quick"
	"time"
)

func TestATimeIsCutToItsDigitsAndReadsBack(t *testing.T) {
	law := func(seconds int64, nanos uint32) bool {
		seconds %= 253402300799 // the last second of 9999
		if seconds < 0 {
			seconds %= 62135596800 // the first of year 1
		}
		at := time.Unix(seconds, int64(nanos%1e9)).UTC()
		for digits, unit := range map[int]time.Duration{microDigits: time.Microsecond, nanoDigits: time.Nanosecond} {
			text, err := AppendTime(nil, at.In(time.FixedZone("", -19800)), digits)
			if err != nil || len(text) != len("2006-01-02T15:04:05.Z")+digits {
				return false
			}
			back, err := parseTime(string(text), digits)
			cut := at.Add(-time.Duration(at.Nanosecond()) % unit)
			if err != nil || !back.Equal(cut) || back.Location() != time.UTC {
				return false
			}
		}
		return true
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 5000}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsReadAgreesWithTheStandardLibraryWhereThatIsStrict(t *testing.T) {
	for _, text := range []string{
		"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.123456+05:30", "2024-02-29T23:59:59-23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
	} {
		want, err := time.Parse(time.RFC3339Nano, text)
		got, ours := parseTime(text, microDigits)
		if err != nil || ours != nil || !got.Equal(want) {
			t.Errorf("%s gave %v (%v), not %v (%v)", text, got, ours, want, err)
		}
	}
}

func TestImpossibleTimesAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-13-02T03:04:05Z", "2026-02-30T03:04:05Z", "2025-02-29T03:04:05Z",
		"2016-12-31T23:59:60Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+01:60", "0001-01-01T00:00:00+01:00",
		"9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05,5Z", "2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05Zjunk", "+026-01-02T03:04:05Z",
	} {
		if got, err := parseTime(text, microDigits); err == nil {
			t.Errorf("%q gave %v", text, got)
		}
	}
}

func TestDatesAndUUIDsAreExact(t *testing.T) {
	for _, text := range []string{"2024-02-29", "0001-01-01", "9999-12-31"} {
		if err := checkDate(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "2026-1-2", "2026-02-30", "0000-01-01", "2026-01-02T", "12026-01-02"} {
		if checkDate(text) == nil {
			t.Errorf("%q is no date", text)
		}
	}
	if got, err := canonicalUUID("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"); err != nil || got != "6ba7b810-9dad-11d1-80b4-00c04fd430c8" {
		t.Errorf("got %s, %v", got, err)
	}
	for _, text := range []string{"", "6ba7b8109dad11d180b400c04fd430c8", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "6ba7b810-9dad-11d1-80b4-00c04fd430c\x10"} {
		if got, err := canonicalUUID(text); err == nil {
			t.Errorf("%q gave %s", text, got)
		}
	}
}
