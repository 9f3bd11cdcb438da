/** Lời ở cửa vào, tiếng Việt. */
export const door = {
  try_later: 'Quá nhiều yêu cầu. Thử lại sau {span}, lúc {time}.',
  register: 'Mở tài khoản',
  register_instead: 'Chưa có tài khoản? Mở tại đây',
  register_what: 'Để thuê xe. Một email sẽ xác nhận địa chỉ của bạn; sau đó bạn có thể đăng nhập.',
  register_with: 'Với nhà vận hành {slug}.',
  register_password_help: 'Ít nhất 10 ký tự. Vài từ liền nhau thì dễ nhớ.',
  register_sent_title: 'Hãy xem hộp thư của bạn',
  register_sent:
    'Chúng tôi đã gửi email đến {email}. Hãy mở liên kết trong email đó trong vòng một ngày; khi đó tài khoản của bạn sẽ có.',
  register_sent_known: 'Nếu bạn đã có tài khoản, email sẽ nói rõ và chỉ cách vào lại.',
  register_sent_none: 'Không thấy email? Hãy xem thư rác, và xem địa chỉ ở trên có đúng không.',
  register_again: 'Gửi lại',
  register_sent_again: 'Đã gửi lại.',
  register_other_address: 'Dùng địa chỉ khác',
  register_sign_in: 'Đến trang đăng nhập',
  name_missing: 'Hãy nhập tên.',
  password_new_missing: 'Hãy chọn mật khẩu.',
};
