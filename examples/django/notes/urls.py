"""The addresses of the project: notes that live in the session, Django's own login, the page."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path


@login_required
def notes(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        request.session["notes"] = [*request.session.get("notes", []), request.POST["note"]]
        return redirect("notes")
    return render(request, "notes.html", {"notes": request.session.get("notes", [])})


urlpatterns = [
    path("", notes, name="notes"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", include("signedin.django.urls")),  # signedin
]
