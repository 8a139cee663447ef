package awsenv_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/muster-crm/muster/shared/awsenv"
)

// service is a stand-in that keeps the last request's headers.
type service struct {
	url   string
	calls int
	last  http.Header
}

func stand(t *testing.T) *service {
	s := &service{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.calls++
		s.last = r.Header.Clone()
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func env(t *testing.T, pairs ...string) func(string) string {
	t.Helper()
	// The clients look at the process's own variables too.
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_S3"} {
		t.Setenv(name, "")
	}
	values := map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return values[name] }
}

func list(t *testing.T, cfg aws.Config) error {
	t.Helper()
	_, err := sqs.NewFromConfig(cfg).ListQueues(context.Background(), &sqs.ListQueuesInput{})
	return err
}

func TestEndpoints(t *testing.T) {
	all, own := stand(t), stand(t)
	for name, c := range map[string]struct {
		pairs []string
		want  *service
	}{
		"all services":  {[]string{"AWS_ENDPOINT_URL", all.url}, all},
		"one service":   {[]string{"AWS_ENDPOINT_URL_SQS", own.url}, own},
		"own beats all": {[]string{"AWS_ENDPOINT_URL", all.url, "AWS_ENDPOINT_URL_SQS", own.url}, own},
		"another's own": {[]string{"AWS_ENDPOINT_URL", all.url, "AWS_ENDPOINT_URL_S3", own.url}, all},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := awsenv.Load(env(t, c.pairs...))
			if err != nil {
				t.Fatal(err)
			}
			before := c.want.calls
			if err := list(t, cfg); err != nil {
				t.Fatal(err)
			}
			if c.want.calls != before+1 {
				t.Error("the request went elsewhere")
			}
		})
	}
}

func TestIgnoredEndpoints(t *testing.T) {
	cfg, err := awsenv.Load(env(t, "AWS_ENDPOINT_URL", "http://stand.invalid", "AWS_ENDPOINT_URL_S3", "http://s3.invalid",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"))
	if err != nil {
		t.Fatal(err)
	}
	presigned, err := s3.NewPresignClient(s3.NewFromConfig(cfg)).PresignGetObject(context.Background(),
		&s3.GetObjectInput{Bucket: aws.String("muster"), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://muster.s3.eu-west-1.amazonaws.com/k?"; !strings.HasPrefix(presigned.URL, want) {
		t.Errorf("URL %s, want %s...", presigned.URL, want)
	}
}

func TestCredentialsAreReadForEachRequest(t *testing.T) {
	stand := stand(t)
	values := env(t, "AWS_ENDPOINT_URL", stand.url)
	token := "first"
	cfg, err := awsenv.Load(func(name string) string {
		if name == "AWS_SESSION_TOKEN" {
			return token
		}
		return values(name)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, token = range []string{"first", "second"} {
		if err := list(t, cfg); err != nil {
			t.Fatal(err)
		}
		if got := stand.last.Get("X-Amz-Security-Token"); got != token {
			t.Errorf("session token %q, want %q", got, token)
		}
		if got := stand.last.Get("Authorization"); !strings.Contains(got, "Credential=AKID/") || !strings.Contains(got, "/eu-west-1/sqs/") {
			t.Errorf("Authorization: %s", got)
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	if _, err := awsenv.Load(env(t, "AWS_REGION", "")); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("without a region: %v", err)
	}
	if cfg, err := awsenv.Load(env(t, "AWS_REGION", "", "AWS_DEFAULT_REGION", "eu-west-3")); err != nil || cfg.Region != "eu-west-3" {
		t.Errorf("with a default region: %q, %v", cfg.Region, err)
	}
	for _, bad := range []string{"localhost:8000", "ftp://localhost", "http://", "://"} {
		if _, err := awsenv.Load(env(t, "AWS_ENDPOINT_URL", bad)); err == nil {
			t.Errorf("endpoint %q is accepted", bad)
		}
	}
	stand := stand(t)
	cfg, err := awsenv.Load(env(t, "AWS_ENDPOINT_URL", stand.url, "AWS_SECRET_ACCESS_KEY", ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := list(t, cfg); err == nil || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") || stand.calls != 0 {
		t.Errorf("without a secret key: %v, %d calls", err, stand.calls)
	}
}

// The point of the package is what it leaves out.
func TestTheConfigPackageIsNotLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, banned := range []string{"aws-sdk-go-v2/config", "aws-sdk-go-v2/feature/ec2/imds", "aws-sdk-go-v2/service/sso"} {
		if strings.Contains(string(out), banned) {
			t.Errorf("%s is linked", banned)
		}
	}
}
