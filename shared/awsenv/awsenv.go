// Package awsenv makes the aws.Config of a Lambda function, or of a local run pointed at other endpoints, from
// environment variables alone. It is for mains: drivers take the clients or the configuration made here.
//
// It replaces the SDK's config package, which brings profiles, single sign-on and the instance metadata service: 2 MB
// of program and 1.6 ms of every cold start for what a Lambda has in its environment already. Nothing here touches
// the network or a file.
//
// Read are, with the meaning the AWS tools give them: AWS_REGION (or AWS_DEFAULT_REGION), AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE> (DYNAMODB, S3, SES, SQS ...)
// and AWS_IGNORE_CONFIGURED_ENDPOINT_URLS.
package awsenv

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// maxAttempts is how often the SDK's standard retry mode tries a request.
const maxAttempts = 3

// Parallel is how many connections to one service are kept open: a rebuild of an index asks 64 partitions at once.
const Parallel = 64

// Load makes the configuration. getenv is os.Getenv in programs. An error says which variable is missing or wrong;
// missing credentials are reported by the first request that needs them.
func Load(getenv func(string) string) (aws.Config, error) {
	env := environment(getenv)
	region := env.first("AWS_REGION", "AWS_DEFAULT_REGION")
	if region == "" {
		return aws.Config{}, errors.New("awsenv: AWS_REGION is not set")
	}
	cfg := aws.Config{
		Region:           region,
		Credentials:      aws.CredentialsProviderFunc(env.credentials),
		HTTPClient:       client(),
		RetryMode:        aws.RetryModeStandard,
		RetryMaxAttempts: maxAttempts,
		ConfigSources:    []any{env},
	}
	if env.ignoresEndpoints() {
		return cfg, nil
	}
	if endpoint := getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		if err := checkEndpoint(endpoint); err != nil {
			return aws.Config{}, err
		}
		cfg.BaseEndpoint = &endpoint
	}
	return cfg, nil
}

// client makes the HTTP client: short waits for connections, so that a lost packet costs a retry and not the request,
// and idle connections dropped before the services drop them while the function is frozen.
func client() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = 2 * time.Second }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = 3 * time.Second
			t.MaxIdleConns = 2 * Parallel
			t.MaxIdleConnsPerHost = Parallel
			t.IdleConnTimeout = 50 * time.Second
		})
}

// environment answers what the SDK's clients ask of their sources of configuration.
type environment func(string) string

func (env environment) first(names ...string) string {
	for _, name := range names {
		if value := env(name); value != "" {
			return value
		}
	}
	return ""
}

// credentials reads the keys anew for each request.
func (env environment) credentials(context.Context) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     env("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: env("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    env("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if !c.HasKeys() {
		return aws.Credentials{}, errors.New("awsenv: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set")
	}
	return c, nil
}

func (env environment) ignoresEndpoints() bool {
	return strings.EqualFold(env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true")
}

// GetServiceBaseEndpoint gives the endpoint set for one service. The SDK's clients call it.
func (env environment) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	name := "AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(sdkID, " ", "_"))
	endpoint := env.first(name, "AWS_ENDPOINT_URL")
	return endpoint, endpoint != "", nil
}

// GetIgnoreConfiguredEndpoints says whether endpoints of the environment are to be left aside. The SDK's clients call
// it.
func (env environment) GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error) {
	return env.ignoresEndpoints(), true, nil
}

func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("awsenv: AWS_ENDPOINT_URL is not an http or https address")
	}
	return nil
}
