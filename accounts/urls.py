from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("switches/", views.turn_switch, name="turn_switch"),
    path("tokens/", views.create_token, name="create_token"),
    path("tokens/<str:digest>/revoke/", views.revoke_token, name="revoke_token"),
]
