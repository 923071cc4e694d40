package codec

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

var (
	errRFC3339    = errors.New("not an RFC 3339 time with an offset")
	errFraction   = errors.New("too many fraction digits")
	errImpossible = errors.New("an impossible date or time")
	errYear       = errors.New("a year outside 1 to 9999")
	errDate       = errors.New("not a date YYYY-MM-DD")
	errUUID       = errors.New("not a uuid")
	errBoolText   = errors.New("neither true nor false")
)

const (
	microDigits = 6
	nanoDigits  = 9
)

// digitsAt reads n digits at a place; -1 where there are none.
func digitsAt(text string, start, n int) int {
	if len(text) < start+n || !allDigits(text[start:start+n]) {
		return -1
	}
	value, _ := strconv.Atoi(text[start : start+n])
	return value
}

// parseTime reads RFC 3339 text of at most `digits` significant fraction digits as an instant in UTC.
func parseTime(text string, digits int) (time.Time, error) {
	const seconds = len("2006-01-02T15:04:05")
	if len(text) < seconds+1 || text[4] != '-' || text[7] != '-' || text[10]|0x20 != 't' || text[13] != ':' || text[16] != ':' {
		return time.Time{}, errRFC3339
	}
	var part [6]int
	for i, place := range [6][2]int{{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}} {
		if part[i] = digitsAt(text, place[0], place[1]); part[i] < 0 {
			return time.Time{}, errRFC3339
		}
	}
	nanos, rest, err := parseFraction(text[seconds:], digits)
	if err != nil {
		return time.Time{}, err
	}
	offset, err := parseOffset(rest)
	if err != nil {
		return time.Time{}, err
	}
	out := time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], nanos, time.UTC)
	if part[0] < 1 || part[3] > 23 || part[4] > 59 || part[5] > 59 || out.Day() != part[2] || int(out.Month()) != part[1] {
		return time.Time{}, errImpossible
	}
	out = out.Add(-offset)
	if out.Year() < 1 || out.Year() > 9999 {
		return time.Time{}, errYear
	}
	return out, nil
}

func parseFraction(text string, digits int) (nanos int, rest string, err error) {
	if text[0] != '.' {
		return 0, text, nil
	}
	end := 1
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	if end == 1 {
		return 0, "", errRFC3339
	}
	fraction := strings.TrimRight(text[1:end], "0")
	if len(fraction) > digits {
		return 0, "", errFraction
	}
	nanos, _ = strconv.Atoi((fraction + "000000000")[:nanoDigits])
	return nanos, text[end:], nil
}

func parseOffset(text string) (time.Duration, error) {
	if text == "Z" || text == "z" {
		return 0, nil
	}
	if len(text) != len("+00:00") || (text[0] != '+' && text[0] != '-') || text[3] != ':' {
		return 0, errRFC3339
	}
	hours, minutes := digitsAt(text, 1, 2), digitsAt(text, 4, 2)
	if hours < 0 || minutes < 0 {
		return 0, errRFC3339
	}
	if hours > 23 || minutes > 59 {
		return 0, errImpossible
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if text[0] == '-' {
		offset = -offset
	}
	return offset, nil
}

// AppendTime appends an instant in UTC with exactly six or nine fraction digits, cut down to them.
func AppendTime(dst []byte, value time.Time, digits int) ([]byte, error) {
	value = value.UTC()
	if value.Year() < 1 || value.Year() > 9999 {
		return dst, errYear
	}
	if digits == microDigits {
		// Format rounds nothing: it cuts, as the specification asks.
		return value.AppendFormat(dst, "2006-01-02T15:04:05.000000Z"), nil
	}
	return value.AppendFormat(dst, "2006-01-02T15:04:05.000000000Z"), nil
}

func checkDate(text string) error {
	if len(text) != len("2006-01-02") || digitsAt(text, 0, 4) < 1 {
		return errDate
	}
	if _, err := time.Parse("2006-01-02", text); err != nil {
		return errDate
	}
	return nil
}

// canonicalUUID gives the lower-case form of a uuid of 8-4-4-4-12 hexadecimal digits.
func canonicalUUID(text string) (string, error) {
	if len(text) != 36 {
		return "", errUUID
	}
	for i := 0; i < len(text); i++ {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		c := text[i] | 0x20
		hex := text[i] >= '0' && text[i] <= '9' || c >= 'a' && c <= 'f'
		if hyphen != (text[i] == '-') || !hyphen && !hex {
			return "", errUUID
		}
	}
	return strings.ToLower(text), nil
}
