package app

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

type pictureBody struct {
	File string `json:"file" maxLength:"64" doc:"The id of the file that was begun and sent for it"`
}

type pictureInput struct {
	recordapi.ConditionalInput
	Body pictureBody
}

// picture adds the operations of the photo or logo of a kind.
func (a app) picture(of *record.Kind, name string) {
	path := of.Plural + "/{id}/" + name
	set := operation(http.MethodPut, path, "set-"+name+"-of-"+of.Name, "Make a file the "+name+" of a "+of.Name)
	set.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	recordapi.Answers(&set, http.StatusOK, a.Of(of))
	httpapi.Handle(a.API.API, set, func(ctx context.Context, in *pictureInput) (*recordapi.Single, error) {
		return a.change(ctx, in.IfMatch, in.Key, in.Body, func(w repository.Write, version int64) (repository.Result, error) {
			return a.files.SetPicture(ctx, w, of.Name, in.ID, version, in.Body.File)
		})
	})
	remove := operation(http.MethodDelete, path, "remove-"+name+"-of-"+of.Name, "Take the "+name+" of a "+of.Name+" away")
	remove.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed}
	recordapi.Answers(&remove, http.StatusOK, a.Of(of))
	httpapi.Handle(a.API.API, remove, func(ctx context.Context, in *recordapi.ConditionalInput) (*recordapi.Single, error) {
		return a.change(ctx, in.IfMatch, in.Key, nil, func(w repository.Write, version int64) (repository.Result, error) {
			return a.files.RemovePicture(ctx, w, of.Name, in.ID, version)
		})
	})
	get := operation(http.MethodGet, path+"/{size}", name+"-of-"+of.Name, "Get the "+name+" of a "+of.Name+" as a picture")
	images(&get)
	httpapi.Handle(a.API.API, get, func(ctx context.Context, in *struct {
		recordapi.IDInput
		SizeInput
	}) (*imageOutput, error) {
		g := httpapi.Caller(ctx).Grant
		id, err := a.files.PictureOf(ctx, g, of.Name, in.ID)
		if err != nil {
			return nil, err
		}
		return answer(a.files.Thumbnail(ctx, g, id, in.Size))
	})
}

// change does what a request asks for and answers the record.
func (a app) change(ctx context.Context, ifMatch, key string, body any, do func(repository.Write, int64) (repository.Result, error)) (*recordapi.Single, error) {
	v, err := recordapi.Version(ifMatch)
	if err != nil {
		return nil, err
	}
	w, err := recordapi.WriteOf(ctx, key, body)
	if err != nil {
		return nil, err
	}
	res, err := do(w, v)
	if err != nil {
		return nil, err
	}
	return recordapi.Answer(http.StatusOK, res.Record, res.Warnings)
}

// SizeInput is the size in a path.
type SizeInput struct {
	Size int `path:"size" enum:"96,320" doc:"Pixels of a side, at most"`
}

// imageOutput is a picture as it is.
type imageOutput struct {
	Type     string `header:"Content-Type"`
	Security string `header:"Content-Security-Policy"`
	Body     []byte
}

// images documents an answer that is a picture.
func images(op *huma.Operation) {
	content := map[string]*huma.MediaType{}
	for _, media := range []string{"image/jpeg", "image/png", "image/svg+xml"} {
		content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: content}}
}

// maxImage is how much of a picture is answered: with its encoding it must fit a function's answer.
const maxImage = 4 << 20

func answer(image file.Image, err error) (*imageOutput, error) {
	if err != nil {
		return nil, err
	}
	defer image.Body.Close()
	data, err := io.ReadAll(io.LimitReader(image.Body, maxImage))
	return &imageOutput{Type: image.Type, Security: file.Sandbox, Body: data}, err
}

type logoUpload struct {
	Body struct {
		File   string      `json:"file" doc:"To be given when the logo is set"`
		Upload blob.Upload `json:"upload" doc:"Within an hour, post a multipart form with the fields and, last, the bytes as \"file\""`
	}
}

// ownLogo adds the operations of the organisation's logo.
func (a app) ownLogo() {
	const path = "settings/logo"
	begin := operation(http.MethodPost, path, "create-logo", "Begin a logo of the organisation")
	begin.DefaultStatus = http.StatusCreated
	httpapi.Handle(a.API.API, begin, func(ctx context.Context, _ *struct{}) (*logoUpload, error) {
		upload, err := a.files.OfferLogo(ctx, httpapi.Caller(ctx).Grant, nil)
		out := &logoUpload{}
		out.Body.File, out.Body.Upload = upload.ID, upload.Upload
		return out, err
	})
	set := operation(http.MethodPut, path, "set-logo", "Make what was sent the logo of the organisation")
	set.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	recordapi.Answers(&set, http.StatusOK, a.Of(setting.Kind()))
	httpapi.Handle(a.API.API, set, func(ctx context.Context, in *struct {
		IfMatch string `header:"If-Match"`
		Key     string `header:"Idempotency-Key" maxLength:"257"`
		Body    pictureBody
	}) (*recordapi.Single, error) {
		return a.change(ctx, in.IfMatch, in.Key, in.Body, func(w repository.Write, version int64) (repository.Result, error) {
			return a.files.SetLogo(ctx, w, version, in.Body.File)
		})
	})
	remove := operation(http.MethodDelete, path, "remove-logo", "Take the logo of the organisation away")
	remove.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed}
	recordapi.Answers(&remove, http.StatusOK, a.Of(setting.Kind()))
	httpapi.Handle(a.API.API, remove, func(ctx context.Context, in *struct {
		IfMatch string `header:"If-Match"`
		Key     string `header:"Idempotency-Key" maxLength:"257"`
	}) (*recordapi.Single, error) {
		return a.change(ctx, in.IfMatch, in.Key, nil, func(w repository.Write, version int64) (repository.Result, error) {
			return a.files.RemoveLogo(ctx, w, version)
		})
	})
	get := operation(http.MethodGet, path+"/{size}", "logo", "Get the logo of the organisation as a picture")
	images(&get)
	httpapi.Handle(a.API.API, get, func(ctx context.Context, in *SizeInput) (*imageOutput, error) {
		g := httpapi.Caller(ctx).Grant
		cfg, err := a.Records.Config(ctx, g)
		if err != nil {
			return nil, err
		}
		return answer(a.files.OwnLogo(ctx, g, cfg.Settings.Logo, in.Size))
	})
}
