package lambdahttp

import (
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// Fits says whether an event is within Lambda's limit as JSON.
func Fits(e events.APIGatewayV2HTTPRequest) bool {
	return len(e.Body) < MaxPayload/16 || EventSize(e) <= MaxPayload // heads are of 10 KB and nothing grows sixfold
}

// EventSize is the number of bytes of an event as JSON, at most a few hundred too many.
func EventSize(e events.APIGatewayV2HTTPRequest) int {
	n := 1024 + 2*len(e.RawPath) + len(e.RawQueryString) + textSize(e.Body)
	for name, value := range e.Headers {
		n += textSize(name) + textSize(value) + 6
	}
	for _, cookie := range e.Cookies {
		n += textSize(cookie) + 3
	}
	for name, value := range e.QueryStringParameters {
		n += textSize(name) + textSize(value) + 6
	}
	return n
}

// responseSize is the number of bytes of an answer as JSON, at most a few hundred too many.
func responseSize(a events.APIGatewayV2HTTPResponse) int {
	n := 256
	for name, value := range a.Headers {
		n += textSize(name) + textSize(value) + 6
	}
	for _, cookie := range a.Cookies {
		n += textSize(cookie) + 3
	}
	if a.IsBase64Encoded {
		return n + len(a.Body)
	}
	return n + textSize(a.Body)
}

// textSize is the number of bytes of s within a JSON string.
func textSize(s string) int {
	n := len(s)
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"', c == '\\', c == '\n', c == '\r', c == '\t', c == '\b', c == '\f':
				n++
			case c < ' ':
				n += 5
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == utf8.RuneError && size == 1:
			n += 5
		case r == '\u2028', r == '\u2029':
			n += 3
		}
	}
	return n
}
