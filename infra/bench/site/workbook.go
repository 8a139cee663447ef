package main

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/muster-crm/muster/infra/bench/population"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/sheet"
)

// The workbook is made by a process of its own and sent from its file, so that the memory that is measured is the site's alone.

// seed is that of the people in the workbook.
const seed = 3

// made makes a workbook of n people at a path, in a child.
func made(n int, path string) (size int64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	child := exec.Command(self, "-n", fmt.Sprint(n), "-workbook", path)
	child.Stderr = os.Stderr
	if err := child.Run(); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// workbook writes an .xlsx file of n people of the reference population.
func workbook(n int, path string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := sheet.NewXLSXWriter(file, "People")
	if err := w.Header([]string{"First name", "Prefix", "Last name", "Date of birth", "Gender", "E-mail", "Mobile", "Telephone", "Street", "House number", "Box",
		"Postcode", "Town", "Tags", "Newsletter", "Language"}); err != nil {
		return err
	}
	people := population.New(seed, n)
	for range n {
		p := people.Next()
		mail, place := contact.Email{}, contact.Address{}
		if len(p.Emails) > 0 {
			mail = p.Emails[0]
		}
		if len(p.Addresses) > 0 {
			place = p.Addresses[0]
		}
		line := func(of string) string {
			for _, one := range p.Phones {
				if one.Line == of {
					return one.Number
				}
			}
			return ""
		}
		newsletter := "no"
		if *p.Newsletter {
			newsletter = "yes"
		}
		cells := make([]sheet.Cell, 0, 16)
		for _, text := range []string{p.FirstName, p.Prefix, p.LastName, string(p.BirthDate), p.Gender, mail.Address, line("mobile"), line("fixed"), place.Street, place.Number, place.Box,
			place.Postcode, place.Town, strings.Join(p.Tags, ", "), newsletter, "en"} {
			cells = append(cells, sheet.T(text))
		}
		if err := w.Row(cells); err != nil {
			return err
		}
	}
	return w.Close()
}

// upload posts a file with the form of an import, as it is read.
func upload(form map[string]any, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, w := io.Pipe()
	body := multipart.NewWriter(w)
	go func() { w.CloseWithError(write(body, form["fields"].(map[string]any), file)) }()
	resp, err := http.Post(form["url"].(string), body.FormDataContentType(), r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		raw, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("upload: %d %s", resp.StatusCode, raw)
	}
	return nil
}

func write(body *multipart.Writer, fields map[string]any, file io.Reader) error {
	for name, value := range fields {
		if err := body.WriteField(name, fmt.Sprint(value)); err != nil {
			return err
		}
	}
	part, err := body.CreateFormFile("file", "people.xlsx")
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, file); err != nil {
		return err
	}
	return body.Close()
}
